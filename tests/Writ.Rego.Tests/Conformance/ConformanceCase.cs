using Writ.Rego.Builtins;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Conformance;

/// <summary>One case of OPA's suite.</summary>
/// <param name="Id">Its file below the folder that was asked for, and its note.</param>
/// <param name="Version">The syntax of its modules and query.</param>
/// <param name="Fields">What its file says of it.</param>
public sealed record ConformanceCase(string Id, RegoVersion Version, RegoObject Fields)
{
    /// <summary>The language's own, and what OPA's suite adds to wait within a query.</summary>
    private static readonly BuiltinRegistry Library = BuiltinRegistry.Standard.With(new Builtin(
        "test.sleep", "(string) => null", (_, operands) =>
        {
            using var never = new ManualResetEventSlim();
            never.Wait(int.Parse(operands.Text(0).Replace("ms", "", StringComparison.Ordinal)));
            return RegoNull.Instance;
        }));

    /// <summary>The texts of its modules.</summary>
    public IEnumerable<string> Modules =>
        Fields.TryGet("modules", out var modules) && modules is RegoArray texts
            ? texts.Span.ToArray().Select(text => ((RegoString)text).Value)
            : [];

    /// <summary>Null when it passed; otherwise what was wanted and what came.</summary>
    public string? Run()
    {
        string came;
        try
        {
            var results = Evaluate();
            if (Fields.TryGet("want_result", out var wanted))
            {
                var (want, got) = (Wanted((RegoArray)wanted), Shown(results));
                return want.Equals(got) ? null : $"wanted {want}, came {got}";
            }

            came = $"came {Shown(results)}";
            if (!Fields.TryGet("want_error", out _) && !Fields.TryGet("want_error_code", out _))
                return results.Count == 0 ? null : $"wanted nothing, {came}";
        }
        catch (RegoError error)
        {
            var isCode = !Fields.TryGet("want_error_code", out var code) || Text(code) == error.Code;
            var isText = !Fields.TryGet("want_error", out var text)
                || error.Message.Contains(Text(text), StringComparison.Ordinal)
                || WithoutColumn(error).Contains(Text(text), StringComparison.Ordinal);
            if (isCode && isText && (code is not null || text is not null))
                return null;
            came = $"came {error.Message.ReplaceLineEndings(" ")}";
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            came = $"came {error.GetType().Name}: {error.Message} {error.StackTrace?.Split('\n')[0].Trim()}";
        }

        var words = new[] { "want_error_code", "want_error", "want_result" }
            .Select(name => Fields.TryGet(name, out var value) ? $"{name} {value}" : "").Where(word => word.Length > 0);
        return $"wanted {string.Join(' ', words).ReplaceLineEndings(" ")}, {came}";
    }

    /// <summary>As OPA's evaluator tells a place.</summary>
    private static string WithoutColumn(RegoError error)
    {
        var first = error.Diagnostics[0];
        return $"{first.File}:{first.Row}: {first.Code}: {first.Message}";
    }

    private static string Text(RegoValue value) => value is RegoString text ? text.Value : value.ToString();

    private IReadOnlyList<RegoObject> Evaluate()
    {
        var compiler = new PolicyCompiler(PolicyOptions.Default with { Version = Version, Builtins = Library });
        foreach (var (i, text) in Modules.Index())
        {
            compiler.Add($"test-{i}.rego", text);
        }

        var query = compiler.Compile().Prepare(Text(Fields["query".ToRego()]));
        Fields.TryGet("data", out var data);
        Fields.TryGet("input", out var input);
        if (Fields.TryGet("input_term", out var term))
            input = Tree.Constants.Fold(ModuleParser.ParseTerm(new SourceText("input", Text(term))));
        return query.Run(new QueryInput
        {
            Input = input,
            Data = data as RegoObject ?? RegoObject.Empty,
            IsStrict = Fields.TryGet("strict_error", out var strict) && strict.Equals(RegoBoolean.True),
        });
    }

    private RegoSet Shown(IEnumerable<RegoObject> results)
    {
        var set = new RegoSet.Builder();
        foreach (var result in results)
        {
            var shown = new RegoObject.Builder();
            foreach (var (name, value) in result)
            {
                shown.Set(name, Sorted(RegoValue.ParseJson(value.ToJson())));
            }

            set.Add(shown.Build());
        }

        return set.Build();
    }

    private RegoSet Wanted(RegoArray results)
    {
        var set = new RegoSet.Builder();
        foreach (var result in results)
        {
            set.Add(result);
        }

        return set.Build();
    }

    private RegoValue Sorted(RegoValue value) =>
        Fields.TryGet("sort_bindings", out var sorts) && sorts.Equals(RegoBoolean.True) && value is RegoArray array
            ? RegoArray.Of(array.Span.ToArray().Order())
            : value;
}
