namespace Writ.Rego;

/// <summary>OPA's codes of errors.</summary>
internal static class ErrorCodes
{
    public const string Parse = "rego_parse_error";
    public const string Compile = "rego_compile_error";
    public const string Type = "rego_type_error";
    public const string UnsafeVariable = "rego_unsafe_var_error";
    public const string Recursion = "rego_recursion_error";
    public const string Conflict = "eval_conflict_error";
    public const string Builtin = "eval_builtin_error";
    public const string EvalType = "eval_type_error";
    public const string WithMerge = "eval_with_merge_error";
    public const string Cancelled = "eval_cancel_error";
    public const string Internal = "eval_internal_error";
    public const string Load = "load_error";
}
