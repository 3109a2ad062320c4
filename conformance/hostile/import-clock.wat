;; Wants to know the time.
(component
  (import "sluice:parser/clock@0.1.0" (instance (export "now" (func (result u64))))))
