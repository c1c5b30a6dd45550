"""Rehearsal: a live venue's own public books, with fills on paper. No order ever leaves."""
