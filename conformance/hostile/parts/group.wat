;; No member belongs with another. Only asked of plugins for the newest version of the contract.
(func (export "sluice:parser/guest@0.1.0#group") (param $names i32) (param $names_len i32) (result i32)
  (i64.store (i32.const 0) (i64.const 0))
  (i32.const 0))
