using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Writ.Server.Edge;

namespace Writ.Server;

/// <summary>
/// The OpenAPI document (3.1), made from the table of endpoints and the types of their bodies: what is not in the table
/// is not served, and what is served is described.
/// </summary>
public static partial class OpenApiDocument
{
    private static readonly JsonSerializerOptions Schemas = new(Answers.Json)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true };

    public static JsonObject Of(IReadOnlyList<Route> routes, string issuer)
    {
        var paths = new JsonObject();
        foreach (var route in routes)
        {
            var path = route.Path.Replace("{+", "{", StringComparison.Ordinal);
            if (paths[path] is not JsonObject item) paths[path] = item = [];
            item[route.Method.ToLowerInvariant()] = Operation(route);
        }
        var bodies = routes.Select(r => r.Body).OfType<Type>().DistinctBy(t => t.Name, StringComparer.Ordinal)
            .OrderBy(t => t.Name, StringComparer.Ordinal);
        var schemas = new JsonObject { ["Problem"] = Problem() };
        foreach (var body in bodies) schemas[body.Name] = Schemas.GetJsonSchemaAsNode(body, Exporting);
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Writ",
                ["version"] = typeof(OpenApiDocument).Assembly.GetName().Version!.ToString(3),
                ["description"] = "The identity broker for AI agents. docs/errors.md explains every code.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = issuer }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas, ["securitySchemes"] = SecuritySchemes() },
        };
    }

    private static JsonObject Operation(Route route)
    {
        var operation = new JsonObject
        {
            ["operationId"] = OperationId(route),
            ["summary"] = route.Says,
            ["parameters"] = new JsonArray([.. Parameters(route)]),
        };
        if (route.Body is { } body)
            operation["requestBody"] = Content("application/json", new JsonObject
            {
                ["$ref"] = $"#/components/schemas/{body.Name}",
            });
        if (route.Form.Count > 0) operation["requestBody"] = Content(RequestBody.Form, FormSchema(route.Form));
        operation["responses"] = new JsonObject
        {
            ["2XX"] = new JsonObject { ["description"] = "Done." },
            ["default"] = new JsonObject
            {
                ["description"] = "Refused, with a stable code (RFC 9457; on /oauth/* RFC 6749 §5.2).",
                ["content"] = new JsonObject
                {
                    ["application/problem+json"] = new JsonObject
                    {
                        ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" },
                    },
                },
            },
        };
        operation["security"] = route.Caller switch
        {
            "token" => AnyOf("dpop", "mtls"),
            "client" => AnyOf("client"),
            _ => AnyOf(),
        };
        if (route.AuditKind.Length > 0) operation["x-writ-audit-kind"] = route.AuditKind;
        return operation;
    }

    private static JsonArray AnyOf(params string[] schemes) =>
        [.. schemes.Select(s => (JsonNode)new JsonObject { [s] = new JsonArray() })];

    private static IEnumerable<JsonNode> Parameters(Route route)
    {
        foreach (Match part in PathParameter().Matches(route.Path))
        {
            var parameter = Parameter(part.Groups["name"].Value, "path", required: true);
            if (part.Value.Contains('+')) parameter["description"] = "May contain slashes, as they are: agent/billing.";
            yield return parameter;
        }
        foreach (var name in route.Query) yield return Parameter(name, "query", required: false);
    }

    private static JsonObject Parameter(string name, string place, bool required) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = required,
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject Content(string type, JsonObject schema) => new()
    {
        ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema } },
    };

    private static JsonObject FormSchema(IReadOnlyList<string> members)
    {
        var properties = new JsonObject();
        foreach (var member in members) properties[member] = new JsonObject { ["type"] = "string" };
        return new JsonObject { ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject Problem()
    {
        var properties = new JsonObject();
        foreach (var member in new[] { "type", "title", "detail", "code", "decision_id", "request_id" })
            properties[member] = new JsonObject { ["type"] = "string" };
        properties["status"] = new JsonObject { ["type"] = "integer" };
        return new JsonObject { ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject SecuritySchemes() => new()
    {
        ["dpop"] = new JsonObject
        {
            ["type"] = "http",
            ["scheme"] = "DPoP",
            ["description"] = "A token for the issuer, and a proof of its key (RFC 9449 §7).",
        },
        ["mtls"] = new JsonObject
        {
            ["type"] = "mutualTLS",
            ["description"] = "A token bound to the client certificate (RFC 8705 §3).",
        },
        ["client"] = new JsonObject
        {
            ["type"] = "oauth2",
            ["description"] = "private_key_jwt, a client certificate, or a client secret.",
            ["flows"] = new JsonObject
            {
                ["clientCredentials"] = new JsonObject { ["tokenUrl"] = "/oauth/token", ["scopes"] = new JsonObject() },
            },
        },
    };

    private static string OperationId(Route route)
    {
        var words = route.Path.Split('/', '.', '-', '{', '}', '+').Where(w => w.Length > 0);
        return string.Concat(words.Prepend(route.Method.ToLowerInvariant())
            .Select((w, i) => i == 0 ? w : char.ToUpperInvariant(w[0]) + w[1..]));
    }

    [GeneratedRegex(@"\{\+?(?<name>[a-z]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathParameter();
}
