"""From a model to a folder of images: compile, render, build, sign, and a manifest of all that it depended on."""
