;; Traps when asked what it is.
(func (export "sluice:parser/guest@0.1.0#describe") (result i32)
  unreachable)
