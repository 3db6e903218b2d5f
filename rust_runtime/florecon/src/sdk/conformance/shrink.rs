//! Reduction of a failing input to fewer rows.

/// A failing check is run at most this many times more.
const TRIES: usize = 400;

/// The rows of `0..count` that are left when nothing more can be left out, and what the check said about them. `fails` is the
/// check; it says what is wrong with these rows, if anything is.
pub(super) fn fewest(
    count: usize,
    message: String,
    fails: impl Fn(&[usize]) -> Option<String>,
) -> (Vec<usize>, String) {
    let mut rows: Vec<usize> = (0..count).collect();
    let mut said = message;
    let mut tries = 0;
    let mut chunk = count.div_ceil(2);
    while chunk > 0 {
        let mut first = 0;
        while first < rows.len() && tries < TRIES {
            let mut fewer = rows.clone();
            fewer.drain(first..rows.len().min(first + chunk));
            tries += 1;
            match fails(&fewer) {
                Some(message) => (rows, said) = (fewer, message),
                None => first += chunk,
            }
        }
        chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
    }
    (rows, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let fails = |rows: &[usize]| (rows.contains(&3) && rows.contains(&70)).then(|| format!("{} rows", rows.len()));
        let (rows, message) = fewest(100, "100 rows".to_owned(), fails);
        assert_eq!((rows, message.as_str()), (vec![3, 70], "2 rows"));
    }
}
