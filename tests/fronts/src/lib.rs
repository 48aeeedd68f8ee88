//! Provides `#[fronts(every_front)]`, which makes one test for each front of a story.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// Makes a test for each front of an `async fn story()`: `story::rest`, `story::alb` and so on. `World` and `Setup` use
/// the front of the running test.
///
/// `every_front`, `every_proxy` (all except the REST API), or names from `rest`, `http_api`, `function_url`, `alb` and
/// `alb_single_value`, which is a load balancer without multi-value headers and belongs to neither group.
#[proc_macro_attribute]
pub fn fronts(fronts: TokenStream, story: TokenStream) -> TokenStream {
    expand(&fronts.to_string(), story)
        .unwrap_or_else(|fault| format!("compile_error!({fault:?});").parse().unwrap_or_default())
}

const EVERY_PROXY: &[&str] = &["http_api", "function_url", "alb"];

fn expand(fronts: &str, story: TokenStream) -> Result<TokenStream, String> {
    let mut names: Vec<&str> = Vec::new();
    for front in fronts.split(',').map(str::trim).filter(|front| !front.is_empty()) {
        match front {
            "every_front" => names.extend(["rest"].iter().chain(EVERY_PROXY)),
            "every_proxy" => names.extend(EVERY_PROXY),
            "rest" | "http_api" | "function_url" | "alb" | "alb_single_value" => names.push(front),
            other => return Err(format!("`{other}` is not a front")),
        }
    }
    if names.is_empty() {
        return Err("over which front?".to_owned());
    }
    let name = name_of(story.clone()).ok_or("`fronts` stands before an `async fn` without parameters")?;
    let test =
        |front| format!("#[test] fn {front}() {{ ::tests::world::on_front({front:?}, super::{name}); }}");
    let tests: Vec<String> = names.into_iter().map(test).collect();
    let tests = tests.join("\n");
    let tests: TokenStream =
        format!("mod {name} {{ {tests} }}").parse().map_err(|_| "no tests".to_owned())?;
    Ok(story.into_iter().chain(tests).collect())
}

/// The name of the function, which has no parameter.
fn name_of(story: TokenStream) -> Option<String> {
    let mut tokens = story.into_iter().skip_while(|token| token.to_string() != "fn").skip(1);
    let TokenTree::Ident(name) = tokens.next()? else { return None };
    match tokens.next()? {
        TokenTree::Group(parameters)
            if parameters.delimiter() == Delimiter::Parenthesis && parameters.stream().is_empty() =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}
