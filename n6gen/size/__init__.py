"""Who uses which memory of a board: by region, by owner, as a picture, against another build."""
