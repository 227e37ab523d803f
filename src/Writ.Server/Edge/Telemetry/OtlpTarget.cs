namespace Writ.Server.Edge;

/// <summary>Where traces and metrics go by OTLP, checked.</summary>
/// <param name="Endpoint">The collector's address, without <c>/v1/traces</c>.</param>
/// <param name="IsGrpc">By gRPC; else by HTTP, both in protobuf.</param>
/// <param name="HeadersFile">Holds what the collector wants to see besides, such as its token; null: nothing.</param>
/// <param name="Sample">The share of traces that are kept, of those that begin here.</param>
/// <param name="FollowsCallers">A trace that a caller began is kept if the caller keeps it; else by its id.</param>
public sealed record OtlpTarget(Uri Endpoint, bool IsGrpc, string? HeadersFile, double Sample, bool FollowsCallers)
{
    /// <summary>What the SDKs of OpenTelemetry read, too; a setting of ours goes before it.</summary>
    internal const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    internal const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>Checks what the user wrote; null: nothing is sent. Throws <see cref="FormatException"/> with what to
    /// mend.</summary>
    /// <param name="given">The options.</param>
    /// <param name="variable">Reads a variable of the environment.</param>
    public static OtlpTarget? Check(ServerOptions.OtlpOptions given, Func<string, string?> variable)
    {
        var isOff = variable("OTEL_SDK_DISABLED") is { } off && off.Equals("true", StringComparison.OrdinalIgnoreCase);
        if (given.Endpoint is null && isOff) return null;
        if ((given.Endpoint ?? variable(EndpointVariable)) is not { Length: > 0 } endpoint)
            return given.HeadersFile is null && given.Protocol is null
                ? null
                : throw new FormatException("telemetry.otlp has no endpoint.");
        // What goes there names agents' acts: readable by nobody on the way. A credential in a URL ends in logs.
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Query.Length > 0
            || uri.Fragment.Length > 0
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            throw new FormatException(
                "telemetry.otlp.endpoint must be https, or http on loopback, without user, query and fragment.");
        if (given.Sample is not (>= 0 and <= 1))
            throw new FormatException("telemetry.otlp.sample is a share, from 0 to 1.");
        var isGrpc = (given.Protocol ?? variable(ProtocolVariable)) switch
        {
            null or "" or "http/protobuf" => false,
            "grpc" => true,
            _ => throw new FormatException("telemetry.otlp.protocol is “http/protobuf” or “grpc”."),
        };
        var file = given.HeadersFile is { } path ? Path.GetFullPath(path) : null;
        if (file is not null && !File.Exists(file))
            throw new FormatException($"telemetry.otlp.headers_file: there is no {file}.");
        return new OtlpTarget(uri, isGrpc, file, given.Sample, given.FollowCallers);
    }

    /// <summary>The address for one kind of data: over HTTP each has its own (OTLP 1.x, “OTLP/HTTP Request”).</summary>
    internal Uri Of(string signal) =>
        IsGrpc ? Endpoint : new Uri($"{Endpoint.ToString().TrimEnd('/')}/v1/{signal}");
}
