"""Vendor packages: pinned public repositories that stay with the user. See docs/vendor.md."""
