"""One measuring run: frames in, samples and masks out, checked against the integer reference."""
