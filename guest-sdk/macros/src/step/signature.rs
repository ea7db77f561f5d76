//! What the signature of a step's code says.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, PathArguments, ReturnType, Signature, Type, TypePath, TypeReference};

use crate::errors::Errors;

/// How many parameters a step can have: the SDK has tuples of that length.
const MAX_PARAMETERS: usize = 12;

/// What the signature of a step's code says.
pub(super) struct StepSignature {
    /// In their order.
    pub(super) parameters: Vec<Parameter>,
    /// How it ends.
    pub(super) output: Type,
}

/// What a parameter gets.
pub(super) enum Parameter {
    /// The context itself, lent.
    Context,
    /// What its type takes from the context.
    Extracted(Box<Type>),
}

impl StepSignature {
    /// Reads a signature. None: no step can be made of it, and `errors` say why.
    pub(super) fn read(signature: &Signature, errors: &mut Errors) -> Option<Self> {
        let mut found = Errors::default();
        qualifiers(signature, &mut found);
        let parameters: Vec<Parameter> = signature
            .inputs
            .iter()
            .filter_map(|input| found.value(parameter(input)))
            .collect();
        if let Some(excess) = signature.inputs.iter().nth(MAX_PARAMETERS) {
            let message = format!(
                "a step has {MAX_PARAMETERS} parameters at most: put some into a type of your own that implements `FromContext`"
            );
            found.add(syn::Error::new_spanned(excess, message));
        }
        let output = found.value(output(signature));
        let step = Self {
            parameters,
            output: output.unwrap_or_else(|| Type::Verbatim(Default::default())),
        };
        let step = found.or(step).and_then(|step| {
            step.configs_once()?;
            Ok(step)
        });
        errors.value(step)
    }

    /// The types that take something from the context.
    pub(super) fn extracted(&self) -> impl Iterator<Item = &Type> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Context => None,
            Parameter::Extracted(it) => Some(&**it),
        })
    }

    /// Where the compiler says what is wrong with what is read: it then says so once.
    pub(super) fn place_of_reads(&self) -> Span {
        self.extracted()
            .next()
            .map_or_else(Span::call_site, Spanned::span)
    }

    /// `T`, if there is a parameter `Config<T>`.
    pub(super) fn config(&self) -> Option<&Type> {
        self.extracted().find_map(config)
    }

    fn configs_once(&self) -> syn::Result<()> {
        match self.extracted().filter(|it| config(it).is_some()).nth(1) {
            None => Ok(()),
            Some(second) => {
                let message =
                    "a step has one configuration: take it once, and put into its type what belongs to it";
                Err(syn::Error::new_spanned(second, message))
            }
        }
    }
}

/// What a function can be, and a step can't.
fn qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(word) = &signature.asyncness {
        let message = "a step isn't async: it has a sandbox of its own, in which nothing else could go on; to wait for others, return `Outcome::wait()`";
        errors.add(syn::Error::new_spanned(word, message));
    }
    if let Some(word) = &signature.unsafety {
        errors.add(syn::Error::new_spanned(
            word,
            "a step isn't unsafe: whoever runs it can't keep promises for it",
        ));
    }
    if let Some(word) = &signature.constness {
        errors.add(syn::Error::new_spanned(
            word,
            "a step runs in an instance, not in the compiler: leave out `const`",
        ));
    }
    if let Some(abi) = &signature.abi {
        let message = "the component's exports are written by `workflow!`: a step is a plain function";
        errors.add(syn::Error::new_spanned(abi, message));
    }
    if !signature.generics.params.is_empty() {
        let message = "a step isn't generic, its types are known to the workflow: leave it out (`&Context` needs no lifetime), or implement `Step` by hand";
        errors.add(syn::Error::new_spanned(&signature.generics, message));
    }
}

fn parameter(input: &FnArg) -> syn::Result<Parameter> {
    let typed = match input {
        FnArg::Receiver(receiver) => {
            let message = "a step has no value to be called on: take what it needs as parameters";
            return Err(syn::Error::new_spanned(receiver, message));
        }
        FnArg::Typed(typed) => bare(&typed.ty),
    };
    match typed {
        Type::Reference(TypeReference {
            elem,
            mutability: None,
            ..
        }) if is_context(elem) => Ok(Parameter::Context),
        Type::Reference(_) => {
            let message =
                "only `&Context` is lent to a step: take everything else by value, like `Initial<Order>`";
            Err(syn::Error::new_spanned(typed, message))
        }
        Type::ImplTrait(_) => {
            let message = "a step isn't generic, its types are known to the workflow: name the type";
            Err(syn::Error::new_spanned(typed, message))
        }
        _ => Ok(Parameter::Extracted(Box::new(typed.clone()))),
    }
}

fn output(signature: &Signature) -> syn::Result<Type> {
    const HOW: &str = "a step ends with an event: return `Finished` if it can only end in one way, else `StepResult<E, O>` with an enum of events and a result";
    match &signature.output {
        ReturnType::Default => Err(syn::Error::new(signature.ident.span(), HOW)),
        ReturnType::Type(_, output) => match bare(output) {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Err(syn::Error::new_spanned(tuple, HOW)),
            Type::ImplTrait(_) => {
                let message = "the events and the result of a step are known to the workflow: name the type";
                Err(syn::Error::new_spanned(output, message))
            }
            output => Ok(output.clone()),
        },
    }
}

/// The type without the invisible brackets that macros put around it.
fn bare(mut it: &Type) -> &Type {
    loop {
        it = match it {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return it,
        };
    }
}

fn is_context(it: &Type) -> bool {
    match bare(it) {
        Type::Path(TypePath { qself: None, path }) => path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Context" && last.arguments.is_none()),
        _ => false,
    }
}

fn config(it: &Type) -> Option<&Type> {
    let Type::Path(TypePath { qself: None, path }) = it else {
        return None;
    };
    let last = path.segments.last().filter(|last| last.ident == "Config")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(config)) if arguments.args.len() == 1 => Some(config),
        _ => None,
    }
}
