"""The center's workspace in the browser: `site.AlumniAdminSite` and the pages registered there."""
