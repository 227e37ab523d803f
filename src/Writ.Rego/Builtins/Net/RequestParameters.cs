using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>The object that describes an HTTP request: which members it must and may have.</summary>
internal static class RequestParameters
{
    private static readonly RegoSet Required = Names("method", "url");

    private static readonly RegoSet Allowed = Names(
        "method", "url", "body", "enable_redirect", "force_json_decode", "force_yaml_decode", "headers", "raw_body",
        "tls_use_system_certs", "tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert",
        "tls_client_cert_file", "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file",
        "tls_client_key_env_variable", "tls_insecure_skip_verify", "tls_server_name", "timeout", "cache",
        "force_cache", "force_cache_duration_seconds", "raise_error", "caching_mode", "max_retry_attempts",
        "cache_ignored_headers");

    public static void Check(RegoObject request)
    {
        var names = new RegoSet(request.Table);
        var unknown = SetBuiltins.Difference(names, Allowed);
        if (unknown.Count > 0)
        {
            throw Operands.Invalid(0, $"invalid request parameters(s): {unknown}");
        }

        var missing = SetBuiltins.Difference(Required, names);
        if (missing.Count > 0)
        {
            throw Operands.Invalid(0, $"missing required request parameters(s): {missing}");
        }
    }

    public static RegoSet Names(params IEnumerable<string> names) =>
        RegoSet.Of([.. names.Select(RegoString.Of)]);
}
