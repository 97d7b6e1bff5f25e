"""Images to a board: read what is there, write what differs, read it again."""
