"""Hardware in the loop: a plan, its jobs, the boards that they run on, and the evidence that they leave."""
