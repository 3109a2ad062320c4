;; Wants to know its surroundings; whole components begin with their own parenthesis.
(component
  (import "wasi:cli/environment@0.2.0" (instance (export "get-environment" (func (result (list (tuple string string))))))))
