;; What a language's own library asks a system for.
(import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))
(import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
(import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $now (result i64)))
(import "wasi:clocks/monotonic-clock@0.2.3" "subscribe-duration" (func $sleep (param i64) (result i32)))
(import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $print (param i32 i32 i32 i32)))
(import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))
(import "wasi:random/random@0.2.3" "get-random-bytes" (func $random_bytes (param i64 i32)))
