;; What every plugin here is built around: the imports, a memory with a bump allocator, and a buffer of events.
;; Memory: 0 results, 1024 the arena ("no-separator", then tag 128 and "third"), 2048 texts, 4096 events, 65536 heap.
(import "sluice:parser/host@0.1.0" "emit" (func $emit (param i32 i32 i32 i32)))
(import "sluice:parser/host@0.1.0" "cut" (func $cut (param i64 i32 i32)))
(import "sluice:parser/host@0.1.0" "log" (func $log (param i32 i32 i32)))
(memory (export "memory") 2)
(data (i32.const 1024) "no-separator\80third")
(data (i32.const 2048) "honest1.0.0lines of a:b")
(global $top (mut i32) (i32.const 65536))
(global $events (mut i32) (i32.const 0))
(func $realloc (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
  (global.set $top (i32.add (local.get $at) (local.get $len)))
  (block $enough
    (br_if $enough (i32.le_u (global.get $top) (i32.shl (memory.size) (i32.const 16))))
    (br_if $enough (i32.ge_s
      (memory.grow (i32.add (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16)) (i32.const 1)))
      (i32.const 0)))
    unreachable)
  (local.get $at))
(func $flush
  (call $emit (i32.const 4096) (global.get $events) (i32.const 1024) (i32.const 18))
  (global.set $events (i32.const 0)))
(func $event (param $tag i32) (param $offset i32) (param $len i32) (param $arena i32)
  (i64.store
    (i32.add (i32.const 4096) (i32.shl (global.get $events) (i32.const 3)))
    (i64.or
      (i64.or (i64.extend_i32_u (local.get $offset)) (i64.shl (i64.extend_i32_u (local.get $arena)) (i64.const 31)))
      (i64.or (i64.shl (i64.extend_i32_u (local.get $len)) (i64.const 32)) (i64.shl (i64.extend_i32_u (local.get $tag)) (i64.const 56)))))
  (global.set $events (i32.add (global.get $events) (i32.const 1)))
  (if (i32.eq (global.get $events) (i32.const 512)) (then (call $flush))))
;; Gives out what is left, frees the chunk and returns `ok(consumed)`.
(func $done (param $consumed i32) (result i32)
  (call $flush)
  (global.set $top (i32.const 65536))
  (i32.store8 (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (local.get $consumed))
  (i32.const 0))
;; The place of a byte, or `end`.
(func $find (param $at i32) (param $end i32) (param $byte i32) (result i32)
  (block $found
    (loop $next
      (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
      (br_if $found (i32.eq (i32.load8_u (local.get $at)) (local.get $byte)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
  (local.get $at))
