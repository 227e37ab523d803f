using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>One document held against a schema; finds all that is wrong. Its steps are bounded.</summary>
internal sealed class SchemaMatch(BuiltinContext context, JsonSchema schema)
{
    private const int MaxSteps = 1_000_000;

    private const int MaxDepth = 500;

    private readonly Dictionary<RegoValue, string> _shown = new(ReferenceEqualityComparer.Instance);
    private int _steps;
    private int _depth;

    public IReadOnlyList<SchemaError> Run(RegoValue document)
    {
        var errors = new SchemaErrors(context, isSilent: false);
        Check(schema.Root, document, "", errors);
        return errors.All;
    }

    private bool Matches(RegoValue node, RegoValue value, string field)
    {
        var errors = new SchemaErrors(context, isSilent: true);
        Check(node, value, field, errors);
        return errors.Count == 0;
    }

    private void Check(RegoValue node, RegoValue value, string field, SchemaErrors errors)
    {
        Work.Enter();
        context.CheckTime();
        if (++_steps > MaxSteps || ++_depth > MaxDepth)
        {
            throw BuiltinError.Limit("a schema that takes too many steps, or refers to itself without end");
        }

        CheckAll(node, value, field, errors);
        _depth--;
    }

    private void CheckAll(RegoValue node, RegoValue value, string field, SchemaErrors errors)
    {
        if (node is not RegoObject rules)
        {
            if (node.Equals(RegoBoolean.False))
            {
                errors.Add(new("false", field, "False always fails validation"));
            }

            return;
        }

        // Drafts up to 7: a reference stands alone.
        if (rules.TryGet("$ref", out var reference))
        {
            Check(schema.Resolve(((RegoString)reference).Value), value, field, errors);
            return;
        }

        CheckCombinations(rules, value, field, errors);
        CheckTypeAndEnum(rules, value, field, errors);
        switch (value)
        {
            case RegoArray array:
                CheckArray(rules, array, field, errors);
                break;
            case RegoObject map:
                CheckObject(rules, map, field, errors);
                break;
            case RegoString text:
                ScalarRules.CheckText(rules, text.Value, field, errors);
                break;
            case RegoNumber number:
                ScalarRules.CheckNumber(rules, number, field, errors);
                break;
        }
    }

    private void CheckCombinations(RegoObject rules, RegoValue value, string field, SchemaErrors errors)
    {
        if (rules.TryGet("anyOf", out var any)
            && !((RegoArray)any).Span.ToArray().Any(choice => Matches(choice, value, field)))
        {
            errors.Add(new("number_any_of", field, "Must validate at least one schema (anyOf)"));
        }

        if (rules.TryGet("oneOf", out var one)
            && ((RegoArray)one).Span.ToArray().Count(choice => Matches(choice, value, field)) != 1)
        {
            errors.Add(new("number_one_of", field, "Must validate one and only one schema (oneOf)"));
        }

        if (rules.TryGet("allOf", out var all))
        {
            var before = errors.Count;
            foreach (var part in (RegoArray)all)
            {
                Check(part, value, field, errors);
            }

            if (errors.Count > before)
            {
                errors.Add(new("number_all_of", field, "Must validate all the schemas (allOf)"));
            }
        }

        if (rules.TryGet("not", out var not) && Matches(not, value, field))
        {
            errors.Add(new("number_not", field, "Must not validate the schema (not)"));
        }

        if (rules.TryGet("if", out var condition))
        {
            var holds = Matches(condition, value, field);
            if (rules.TryGet(holds ? "then" : "else", out var branch) && !Matches(branch, value, field))
            {
                errors.Add(holds
                    ? new("condition_then", field, "Must validate \"then\" as \"if\" was valid")
                    : new("condition_else", field, "Must validate \"else\" as \"if\" was not valid"));
                Check(branch, value, field, errors);
            }
        }
    }

    private void CheckTypeAndEnum(RegoObject rules, RegoValue value, string field, SchemaErrors errors)
    {
        if (rules.TryGet("type", out var type))
        {
            var names = (type is RegoArray several ? several.Span.ToArray() : [type])
                .Select(name => ((RegoString)name).Value).ToArray();
            if (!names.Any(name => JsonSchema.IsOf(value, name)))
            {
                var expected = names.Length == 1 ? names[0] : $"[{string.Join(',', names)}]";
                errors.Add(new(
                    "invalid_type", field,
                    $"Invalid type. Expected: {expected}, given: {JsonSchema.TypeOf(value)}"));
            }
        }

        var shown = field.Length == 0 ? "(root)" : field;
        if (rules.TryGet("enum", out var choices) && !((RegoArray)choices).Span.Contains(value))
        {
            errors.Add(new("enum", field, errors.IsSilent
                ? ""
                : $"{shown} must be one of the following: {Shown(choices, isList: true)}"));
        }

        if (rules.TryGet("const", out var constant) && !constant.Equals(value))
        {
            errors.Add(new(
                "const", field, errors.IsSilent ? "" : $"{shown} does not match: {Shown(constant, isList: false)}"));
        }
    }

    private void CheckArray(RegoObject rules, RegoArray array, string field, SchemaErrors errors)
    {
        var hasItems = rules.TryGet("items", out var items);
        for (var i = 0; hasItems && i < array.Count; i++)
        {
            var at = Join(field, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (items is not RegoArray tuple)
            {
                Check(items!, array[i], at, errors);
            }
            else if (i < tuple.Count)
            {
                Check(tuple[i], array[i], at, errors);
            }
            else if (rules.TryGet("additionalItems", out var more))
            {
                if (more.Equals(RegoBoolean.False))
                {
                    errors.Add(new("array_no_additional_items", field, "No additional items allowed on array"));
                    break;
                }

                Check(more, array[i], at, errors);
            }
        }

        ScalarRules.CheckCount(rules, "minItems", array.Count, least => new(
            "array_min_items", field, $"Array must have at least {least} items"), errors);
        ScalarRules.CheckCount(rules, "maxItems", array.Count, most => new(
            "array_max_items", field, $"Array must have at most {most} items"), errors);
        if (rules.TryGet("uniqueItems", out var unique) && unique.Equals(RegoBoolean.True))
        {
            CheckUnique(array, field, errors);
        }

        if (rules.TryGet("contains", out var wanted)
            && !array.Span.ToArray().Any(item => Matches(wanted, item, field)))
        {
            errors.Add(new("contains", field, "At least one of the items must match"));
        }
    }

    private static void CheckUnique(RegoArray array, string field, SchemaErrors errors)
    {
        var seen = new Dictionary<RegoValue, int>();
        for (var i = 0; i < array.Count; i++)
        {
            if (!seen.TryAdd(array[i], i))
            {
                errors.Add(new("unique", field, $"array items[{seen[array[i]]},{i}] must be unique"));
            }
        }
    }

    private void CheckObject(RegoObject rules, RegoObject map, string field, SchemaErrors errors)
    {
        foreach (var name in rules.TryGet("required", out var required) ? ((RegoArray)required).Span : [])
        {
            if (!map.TryGet(name, out _))
            {
                errors.Add(new("required", field, $"{(name as RegoString)?.Value} is required"));
            }
        }

        ScalarRules.CheckCount(rules, "minProperties", map.Count, least => new(
            "array_min_properties", field, $"Must have at least {least} properties"), errors);
        ScalarRules.CheckCount(rules, "maxProperties", map.Count, most => new(
            "array_max_properties", field, $"Must have at most {most} properties"), errors);
        foreach (var (key, value) in map)
        {
            CheckProperty(rules, ((RegoString)key).Value, value, field, errors);
        }

        CheckDependencies(rules, map, field, errors);
    }

    private void CheckProperty(
        RegoObject rules, string name, RegoValue value, string field, SchemaErrors errors)
    {
        var at = Join(field, name);
        var isKnown = false;
        if (rules.TryGet("properties", out var properties) && ((RegoObject)properties).TryGet(name, out var rule))
        {
            isKnown = true;
            Check(rule, value, at, errors);
        }

        foreach (var (pattern, below) in rules.TryGet("patternProperties", out var patterns)
            ? (RegoObject)patterns
            : RegoObject.Empty)
        {
            if (Re2Regex.Parse(((RegoString)pattern).Value).IsMatch(name))
            {
                isKnown = true;
                Check(below, value, at, errors);
            }
        }

        if (!isKnown && rules.TryGet("additionalProperties", out var more))
        {
            if (more.Equals(RegoBoolean.False))
            {
                errors.Add(new(
                    "additional_property_not_allowed", field, $"Additional property {name} is not allowed"));
            }
            else
            {
                Check(more, value, at, errors);
            }
        }

        if (rules.TryGet("propertyNames", out var names) && !Matches(names, RegoString.Of(name), at))
        {
            errors.Add(new("invalid_property_name", field, $"Property name of \"{name}\" does not match"));
        }
    }

    private void CheckDependencies(RegoObject rules, RegoObject map, string field, SchemaErrors errors)
    {
        foreach (var (key, needed) in rules.TryGet("dependencies", out var all) ? (RegoObject)all : RegoObject.Empty)
        {
            if (!map.TryGet(key, out _))
            {
                continue;
            }

            if (needed is not RegoArray names)
            {
                Check(needed, map, field, errors);
                continue;
            }

            foreach (var name in names)
            {
                if (!map.TryGet(name, out _))
                {
                    errors.Add(new(
                        "missing_dependency", field, $"Has a dependency on {(name as RegoString)?.Value}"));
                }
            }
        }
    }

    /// <summary>What a schema asks for, written once; the choices of a list one by one.</summary>
    private string Shown(RegoValue wanted, bool isList)
    {
        if (!_shown.TryGetValue(wanted, out var text))
        {
            text = isList
                ? string.Join(", ", ((RegoArray)wanted).Span.ToArray().Select(choice => choice.ToJson()))
                : wanted.ToJson();
            _shown.Add(wanted, text);
        }

        return text;
    }

    private static string Join(string field, string name) => field.Length == 0 ? name : $"{field}.{name}";
}
