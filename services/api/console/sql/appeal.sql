SELECT * FROM appeals WHERE appeal = $1
