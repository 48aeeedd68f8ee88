#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const HEAD: &str = "
Transform: AWS::Serverless-2016-10-31
Parameters:
  Url: {Type: String, Default: http://127.0.0.1:1}
  Stage: {Type: String, AllowedValues: [prod, test], Default: prod}
  Needed: {Type: String}
  Many: {Type: CommaDelimitedList, Default: 'a, b'}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsTest]
  Either: !Or [{Condition: IsProd}, !Condition IsTest]
  Round: !Not [!Condition Round]
Resources:
  Fn: {Type: AWS::Serverless::Function}
  Pool: {Type: AWS::Cognito::UserPool}
  Off: {Type: AWS::Serverless::Api, Condition: IsTest}
  X:
    Type: AWS::Serverless::Api
    Properties:
      P: ";

fn evaluated(expression: &str) -> Result<Kind, String> {
    let text = format!("{HEAD}{expression}\n");
    let template = Template::parse(&text, &Inputs::default()).map_err(|error| error.to_string())?;
    let properties = template.properties("X").map_err(|fault| fault.message)?;
    properties.entry("P").map(|value| value.kind.clone()).ok_or_else(|| "absent".to_owned())
}

fn text(expression: &str) -> String {
    match evaluated(expression).unwrap() {
        Kind::Text(text) => text,
        other => format!("{other:?}"),
    }
}

fn fault(expression: &str) -> String {
    evaluated(expression).unwrap_err()
}

#[test]
fn a_reference_gives_parameter_pseudo_parameter_and_logical_id() {
    assert_eq!(text("!Ref Url"), "http://127.0.0.1:1");
    assert_eq!(text("!Ref AWS::Region"), "eu-central-1");
    assert_eq!(text("!Ref Pool"), "Pool");
}

#[test]
fn a_list_parameter_is_a_list() {
    assert_eq!(text("!Join ['-', !Ref Many]"), "a-b");
    assert_eq!(text("!Select [1, !Ref Many]"), "b");
}

#[test]
fn sub_fills_references_attributes_and_its_own_variables() {
    assert_eq!(text("!Sub '${Url}/{proxy}'"), "http://127.0.0.1:1/{proxy}");
    assert_eq!(text("!Sub '${Fn.Arn}/x'"), "arn:aws:lambda:eu-central-1:123456789012:function:Fn/x");
    assert_eq!(text("!Sub ['${V}-${!Kept}', {V: !Ref Stage}]"), "prod-${Kept}");
}

#[test]
fn get_att_takes_text_and_list() {
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:Fn";
    assert_eq!(text("!GetAtt Fn.Arn"), arn);
    assert_eq!(text("{Fn::GetAtt: [Fn, Arn]}"), arn);
}

#[test]
fn a_split_text_is_a_list_to_select_from() {
    assert_eq!(text("!Select [1, !Split ['/', 'a/b']]"), "b");
}

#[test]
fn if_follows_its_condition() {
    assert_eq!(text("!If [IsProd, a, b]"), "a");
    assert_eq!(text("!If [IsTest, a, b]"), "b");
    assert_eq!(text("!If [Both, a, b]"), "b");
    assert_eq!(text("!If [Either, a, b]"), "a");
}

#[test]
fn no_value_removes_the_entry() {
    assert_eq!(fault("!If [IsTest, a, !Ref AWS::NoValue]"), "absent");
}

#[test]
fn the_branch_that_is_not_taken_may_be_unknown() {
    assert_eq!(text("!If [IsProd, a, !GetAtt Pool.Arn]"), "a");
}

#[test]
fn an_unknown_part_is_a_fault() {
    assert_eq!(fault("!Ref Nothing"), "`Nothing` is not a parameter, resource or pseudo parameter");
    assert_eq!(fault("!GetAtt Pool.Arn"), "the value of `Pool.Arn` is only known after a deployment");
    assert_eq!(fault("!GetAtt Gone.Arn"), "there is no resource `Gone`");
    assert_eq!(fault("!Ref Needed"), "parameter `Needed` has no value and no default");
    assert_eq!(fault("!ImportValue other"), "`Fn::ImportValue` cannot be evaluated here");
    assert_eq!(fault("!If [Unknown, a, b]"), "there is no condition `Unknown`");
    assert_eq!(fault("!If [Round, a, b]"), "conditions go in a circle");
    assert_eq!(fault("!Sub '${Url'"), "`${` without its `}` in Fn::Sub");
    assert_eq!(fault("{Fn::GetAZs: x}"), "`Fn::GetAZs` cannot be evaluated here");
}

#[test]
fn inputs_go_before_defaults() {
    let mut inputs = Inputs::default();
    inputs.parameters.insert("Url".to_owned(), "http://127.0.0.1:2".to_owned());
    let template = Template::parse(&format!("{HEAD}!Ref Url\n"), &inputs).unwrap();
    let properties = template.properties("X").unwrap();
    assert_eq!(properties.entry("P").unwrap().kind, Kind::Text("http://127.0.0.1:2".to_owned()));
}

fn input_fault(name: &str, value: &str) -> String {
    let mut inputs = Inputs::default();
    inputs.parameters.insert(name.to_owned(), value.to_owned());
    Template::parse(&format!("{HEAD}x\n"), &inputs).unwrap_err().to_string()
}

#[test]
fn an_input_that_the_template_does_not_take_is_a_fault() {
    assert_eq!(input_fault("Other", "x"), "line 1: the template has no parameter `Other`");
    assert_eq!(input_fault("Stage", "dev"), "line 5: `dev` is not an allowed value of `Stage`");
}

#[test]
fn another_transform_is_a_fault() {
    let error = Template::parse("Transform: AWS::LanguageExtensions\n", &Inputs::default()).unwrap_err();
    assert_eq!(error.to_string(), "line 1: the only transform known here is AWS::Serverless-2016-10-31");
}

#[test]
fn a_resource_whose_condition_is_false_is_not_there() {
    let template = Template::parse(&format!("{HEAD}x\n"), &Inputs::default()).unwrap();
    assert_eq!(template.resources_of("AWS::Serverless::Api").unwrap(), vec!["X"]);
}
