"""What a session looks like to people: tables, pictures, pages."""
