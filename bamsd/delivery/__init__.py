"""Telling people of alerts when nobody looks at the page: by mail, and by a program of their own."""
