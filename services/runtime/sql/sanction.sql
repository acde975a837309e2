SELECT * FROM sanctions WHERE sanction = $1
