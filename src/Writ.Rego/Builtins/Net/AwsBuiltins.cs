using System.Globalization;
using System.Security.Cryptography;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>Requests to AWS, signed with its version 4 of signatures.</summary>
internal static class AwsBuiltins
{
    private const string Named = "object[string: any]";
    private const string HashHeader = "x-amz-content-sha256";

    private static readonly RegoSet RequiredNames =
        RequestParameters.Names("aws_service", "aws_access_key", "aws_secret_access_key", "aws_region");

    /// <summary>What proxies change on the way is not signed.</summary>
    private static readonly string[] Unsigned = ["authorization", "user-agent", "x-amzn-trace-id"];

    public static IEnumerable<Builtin> All =>
    [
        new("providers.aws.sign_req", $"({Named}, {Named}, number) => object[any: any]", Sign),
    ];

    private static RegoObject Sign(BuiltinContext context, Operands a)
    {
        var (request, config) = (a.Object(0), a.Object(1));
        CheckConfig(config);
        if (!a.Number(2).TryGetInt64(out var nanoseconds))
        {
            throw Operands.Invalid(2, "could not convert time_ns value into a unix timestamp");
        }

        RequestParameters.Check(request);
        var invalid = RegoSet.Of([.. RequestParameters.Names("url", "method")
            .Where(name => request[name] is not RegoString)]);
        if (invalid.Count > 0)
        {
            throw Operands.Invalid(0, $"invalid values for required request parameters(s): {invalid}");
        }

        if (!Uri.TryCreate(TextOf(request, "url"), UriKind.Absolute, out var url))
        {
            throw BuiltinError.Failed($"parse {request[RegoString.Of("url")]}: not an absolute URL");
        }

        var headers = request.TryGet("headers", out var given)
            ? given as RegoObject ?? throw Operands.Invalid(-1, $"must be object but got {given.KindName}")
            : RegoObject.Empty;
        var now = DateTimeOffset.FromUnixTimeSeconds(nanoseconds / 1_000_000_000);
        var ours = OwnHeaders(config, url, now, ContentHash(request, config));
        var authorization = Authorization(request, config, url, now, headers, ours);
        var signed = new RegoObject.Builder();
        foreach (var (name, value) in headers)
        {
            signed.Set(name, RegoString.Of((value as RegoString)?.Value ?? ""));
        }

        signed.Set("Authorization", RegoString.Of(authorization));
        foreach (var (name, value) in ours)
        {
            signed.Set(name, RegoString.Of(value));
        }

        var result = new RegoObject.Builder(request.Count + 1);
        foreach (var (name, value) in request)
        {
            result.Set(name, value);
        }

        return result.Set("headers", signed.Build()).Build();
    }

    private static void CheckConfig(RegoObject config)
    {
        var missing = SetBuiltins.Difference(RequiredNames, new RegoSet(config.Table));
        if (missing.Count > 0)
        {
            throw Operands.Invalid(1, $"missing required AWS config parameters(s): {missing}");
        }

        var invalid = RegoSet.Of([.. RequiredNames.Where(name => config[name] is not RegoString)]);
        if (invalid.Count > 0)
        {
            throw Operands.Invalid(1, $"invalid values for required AWS config parameters(s): {invalid}");
        }
    }

    private static string ContentHash(RegoObject request, RegoObject config)
    {
        if (config.TryGet("disable_payload_signing", out var disabled))
        {
            var isDisabled = disabled as RegoBoolean
                ?? throw Operands.Invalid(1, "invalid value for 'disable_payload_signing' in AWS config");
            if (isDisabled.Value)
            {
                return "UNSIGNED-PAYLOAD";
            }
        }

        var body = request.TryGet("raw_body", out _) ? TextOf(request, "raw_body")
            : request.TryGet("body", out var value) ? value.ToJson() : "";
        return Convert.ToHexStringLower(SHA256.HashData(ByteText.Encode(body)));
    }

    private static SortedDictionary<string, string> OwnHeaders(
        RegoObject config, Uri url, DateTimeOffset now, string hash)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = url.IsDefaultPort ? url.Host : url.Authority,
            ["x-amz-date"] = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture),
        };
        if (TextOf(config, "aws_service") is "s3" or "glacier")
        {
            headers[HashHeader] = hash;
        }
        else
        {
            headers[""] = hash;
        }

        if (TextOf(config, "aws_session_token") is { Length: > 0 } token)
        {
            headers["x-amz-security-token"] = token;
        }

        return headers;
    }

    private static string Authorization(
        RegoObject request,
        RegoObject config,
        Uri url,
        DateTimeOffset now,
        RegoObject headers,
        SortedDictionary<string, string> ours)
    {
        // The hash is part of what is signed even where no header tells it.
        var hash = ours.TryGetValue(HashHeader, out var told) ? told : ours[""];
        ours.Remove("");
        var signed = new SortedDictionary<string, string>(ours, StringComparer.Ordinal);
        foreach (var (name, value) in headers)
        {
            var lower = ((name as RegoString)?.Value ?? "").ToLowerInvariant();
            if (!Unsigned.Contains(lower, StringComparer.Ordinal))
            {
                signed[lower] = (value as RegoString)?.Value ?? "";
            }
        }

        var names = string.Join(';', signed.Keys);
        var lines = string.Concat(signed.Select(header => $"{header.Key}:{header.Value}\n"));
        var path = url.OriginalString.TrimEnd('/').Length <= url.GetLeftPart(UriPartial.Authority).Length
            && !url.OriginalString.EndsWith('/') ? "" : url.AbsolutePath;
        var canonical =
            $"{TextOf(request, "method")}\n{path}\n{url.Query.TrimStart('?')}\n{lines}\n{names}\n{hash}";
        var day = now.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var (region, service) = (TextOf(config, "aws_region"), TextOf(config, "aws_service"));
        var scope = $"{day}/{region}/{service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{ours["x-amz-date"]}\n{scope}\n"
            + Convert.ToHexStringLower(SHA256.HashData(ByteText.Encode(canonical)));
        var key = ByteText.Encode("AWS4" + TextOf(config, "aws_secret_access_key"));
        foreach (var part in (string[])[day, region, service, "aws4_request", toSign])
        {
            key = HMACSHA256.HashData(key, ByteText.Encode(part));
        }

        return $"AWS4-HMAC-SHA256 Credential={TextOf(config, "aws_access_key")}/{scope},"
            + $"SignedHeaders={names},Signature={Convert.ToHexStringLower(key)}";
    }

    private static string TextOf(RegoObject map, string name) =>
        map.TryGet(name, out var value) && value is RegoString text ? text.Value : "";
}
