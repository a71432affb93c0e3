//! Pictures that cameras read.

use std::fmt::{self, Write};

use qrcodegen::{QrCode, QrCodeEcc};

/// A QR code (ISO/IEC 18004) as one path of an SVG image.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Its width and height, quiet zone included.
    pub size: i32,
    /// The dark modules, as path data.
    pub path: String,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Picture(…)")
    }
}

impl Picture {
    /// `text` as a QR code, which still reads when a seventh of it is damaged.
    ///
    /// # Errors
    /// A text that is too long for one.
    pub fn of(text: &str) -> Result<Picture, qrcodegen::DataTooLong> {
        /// The quiet zone that readers need (ISO/IEC 18004, section 9.1).
        const QUIET: i32 = 4;
        let code = QrCode::encode_text(text, QrCodeEcc::Medium)?;
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
                if run > 0 {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += i32::try_from(run).unwrap_or_default() + 1;
            }
        }
        Ok(Picture { size: code.size() + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_modules_of_the_code() {
        let picture = Picture::of("otpauth://totp/x").unwrap();
        let code = QrCode::encode_text("otpauth://totp/x", QrCodeEcc::Medium).unwrap();
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.get_module(*x, *y)).count();
        let drawn: usize =
            picture.path.split('h').skip(1).filter_map(|run| run.split("v1").next()?.parse::<usize>().ok()).sum();
        assert_eq!((drawn, picture.size), (dark, code.size() + 8));
        assert!(picture.path.bytes().all(|b| b.is_ascii_digit() || b"Mhvz -".contains(&b)));
    }
}
