fn main() {
    println!("cargo::rustc-env=HOST_TRIPLE={}", std::env::var("HOST").unwrap_or_default());
}
