-- Settings of a connection have its protocol inside: the program rewrites them after this, as JSON.
SELECT 1;
