-- Which appeals somebody who may answer them was told of: each once.
CREATE TABLE desk.appeals_told (
    actor  text NOT NULL,
    appeal text NOT NULL,
    PRIMARY KEY (actor, appeal)
);
