;; A core module and no component: what a build without the last step leaves.
(module)
