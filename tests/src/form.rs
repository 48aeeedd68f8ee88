//! Parses just enough HTML to fill in the forms of the local stack.

use url::form_urlencoded;

/// A form of a page.
pub struct Form {
    pub action: String,
    pub method: String,
    fields: Vec<(String, String)>,
}

/// The first form on the page whose action contains `action`.
pub fn find(html: &str, action: &str) -> Option<Form> {
    html.split("<form").skip(1).map(parse).find(|form| form.action.contains(action))
}

impl Form {
    /// The urlencoded body: hidden and prefilled fields, with `filled` replacing or adding fields.
    pub fn filled(&self, filled: &[(&str, &str)]) -> String {
        let mut fields = self.fields.clone();
        for (name, value) in filled {
            fields.retain(|(kept, _)| kept != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    }
}

fn parse(rest: &str) -> Form {
    let (tag, body) = rest.split_once('>').unwrap_or((rest, ""));
    let body = body.split("</form").next().unwrap_or_default();
    let fields = body
        .split("<input")
        .skip(1)
        .map(|input| input.split('>').next().unwrap_or_default())
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())))
        .collect();
    Form {
        action: attribute(tag, "action").unwrap_or_default(),
        method: attribute(tag, "method").unwrap_or_else(|| "get".to_owned()).to_ascii_lowercase(),
        fields,
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[start..].split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#39;", "'")
            .replace("&#38;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
