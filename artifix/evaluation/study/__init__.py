"""User studies: a page that raters answer offline, and what their answers say of the methods."""
