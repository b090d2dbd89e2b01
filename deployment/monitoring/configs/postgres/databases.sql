-- The gateway's database is made by the image; the metrics service has one of its own.
CREATE DATABASE metrics;
