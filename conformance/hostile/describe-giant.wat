;; Has a name of 32 MiB.
(func (export "sluice:parser/guest@0.1.0#describe") (result i32)
  (drop (memory.grow (i32.const 512)))
  (memory.fill (i32.const 65536) (i32.const 97) (i32.const 33554432))
  (i32.store (i32.const 64) (i32.const 65536))
  (i32.store (i32.const 68) (i32.const 33554432))
  (i32.const 64))
