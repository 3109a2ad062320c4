;; Has a name that climbs out of folders.
(data (i32.const 2048) "../../")
