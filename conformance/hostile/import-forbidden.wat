;; Wants to speak with the world; whole components begin with their own parenthesis.
(component
  (import "wasi:http/types@0.2.0" (instance (export "http-error-code" (func (result u32))))))
