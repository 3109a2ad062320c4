;; Claims everything, whatever it is.
(func (export "sluice:parser/guest@0.1.0#probe")
  (param $name i32) (param $name_len i32) (param $sized i32) (param $size i64)
  (param $head i32) (param $head_len i32) (param $tail i32) (param $tail_len i32) (result i32)
  (i32.store8 (i32.const 0) (i32.const 1))
  (i32.store8 (i32.const 4) (i32.const 99))
  (i32.store (i32.const 8) (i32.const 2059))
  (i32.store (i32.const 12) (i32.const 12))
  (i32.const 0))
