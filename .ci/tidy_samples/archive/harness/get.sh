fetch http://archive.example/ubuntu/dists
