;; Wants a function of the host that is not there.
(component
  (import "sluice:parser/host@0.1.0" (instance (export "read-file" (func (param "path" string) (result (list u8)))))))
