using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Arguments, directives and values against what they are declared to be (§5.4, §5.6, §5.7).</summary>
internal sealed class ArgumentCheck(GraphQlSchema schema)
{
    public void CheckDirectives(RegoObject node, string location)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var directive in node.Children("Directives"))
        {
            var name = directive.Text("Name");
            var definition = schema.Directives.GetValueOrDefault(name)
                ?? throw GraphQlTree.Invalid($"Unknown directive \"@{name}\"");
            QueryCheck.Demand(
                definition.Texts("Locations").Contains(location, StringComparer.Ordinal),
                $"Directive \"@{name}\" may not be used on {location}");
            QueryCheck.Demand(
                definition.Flag("IsRepeatable") || seen.Add(name),
                $"The directive \"@{name}\" can only be used once at this location");
            Check($"Directive \"@{name}\"", directive, definition.Children("Arguments").ToArray());
        }
    }

    public void Check(string owner, RegoObject node, RegoObject[] declared)
    {
        var given = new Dictionary<string, RegoObject>(StringComparer.Ordinal);
        foreach (var argument in node.Children("Arguments"))
        {
            var name = argument.Text("Name");
            var definition = declared.Named(name)
                ?? throw GraphQlTree.Invalid($"Unknown argument \"{name}\" on {owner}");
            QueryCheck.Demand(given.TryAdd(name, argument), $"There can be only one argument named \"{name}\"");
            if (argument.Child("Value") is { } value)
            {
                CheckValue(value, definition.Type());
            }
        }

        foreach (var argument in declared.Where(one => one.Type().IsNonNull && one.Child("DefaultValue") is null))
        {
            var name = argument.Text("Name");
            QueryCheck.Demand(
                given.TryGetValue(name, out var value) && value.Child("Value") is { } some
                && some.Kind() is not GraphQlKind.Null,
                $"{owner} argument \"{name}\" of type \"{argument.Type()}\" is required, but it was not provided");
        }
    }

    public void CheckValue(RegoObject value, GraphQlType type)
    {
        Work.Enter();
        var kind = value.Kind();
        if (kind is GraphQlKind.Variable)
        {
            return;
        }

        if (kind is GraphQlKind.Null)
        {
            QueryCheck.Demand(!type.IsNonNull, $"Expected value of type \"{type}\", found null");
        }
        else if (type.Element is { } element)
        {
            // One value stands for a list of one.
            foreach (var item in kind is GraphQlKind.List ? Values(value) : [value])
            {
                CheckValue(item, element);
            }
        }
        else if (schema.Find(type.Name) is { } definition)
        {
            CheckNamed(value, kind, type, definition);
        }
    }

    private static IEnumerable<RegoObject> Values(RegoObject list) =>
        list.Children("Children").Select(child => child.Child("Value")).OfType<RegoObject>();

    private void CheckNamed(RegoObject value, GraphQlKind kind, GraphQlType type, GraphQlDefinition definition)
    {
        var raw = value.Text("Raw");
        var fits = definition.Kind switch
        {
            "ENUM" => kind is GraphQlKind.Enum && definition.EnumValues.Named(raw) is not null,
            "INPUT_OBJECT" => kind is GraphQlKind.Object,
            _ => FitsScalar(kind, raw, definition),
        };
        QueryCheck.Demand(fits, $"Expected value of type \"{type}\", found {raw}");
        if (definition.Kind is "INPUT_OBJECT")
        {
            CheckObject(value, definition);
        }
    }

    private static bool FitsScalar(GraphQlKind kind, string raw, GraphQlDefinition definition) => definition.Name switch
    {
        "Int" => kind is GraphQlKind.Int
            && int.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "Float" => kind is GraphQlKind.Int or GraphQlKind.Float,
        "String" => kind is GraphQlKind.String or GraphQlKind.Block,
        "Boolean" => kind is GraphQlKind.Boolean,
        "ID" => kind is GraphQlKind.Int or GraphQlKind.String or GraphQlKind.Block,
        _ => definition.Kind is "SCALAR",
    };

    private void CheckObject(RegoObject value, GraphQlDefinition definition)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var child in value.Children("Children"))
        {
            var name = child.Text("Name");
            var field = definition.Field(name)
                ?? throw GraphQlTree.Invalid($"Field \"{name}\" is not defined by type \"{definition.Name}\"");
            QueryCheck.Demand(seen.Add(name), $"There can be only one input field named \"{name}\"");
            if (child.Child("Value") is { } inner)
            {
                CheckValue(inner, field.Type());
            }
        }

        var missing = definition.Fields.Find(field =>
            field.Type().IsNonNull && field.Child("DefaultValue") is null && !seen.Contains(field.Text("Name")));
        QueryCheck.Demand(
            missing is null,
            $"Field \"{definition.Name}.{missing?.Text("Name")}\" of required type \"{missing?.Type()}\" was not "
            + "provided");
    }
}
