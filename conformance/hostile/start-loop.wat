;; Never gets to its first function.
(func $start (loop $for_ever (br $for_ever)))
(start $start)
