using System.Security.Cryptography;
using Writ.Rego.Syntax;
using Writ.Rego.Tests.Generated;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>
/// The evaluator against one that is small, slow and made without it: it shares the parser, the values and the
/// built-ins, but neither names, nor order, nor index, nor memory.
/// </summary>
public sealed class ReferenceTests(ITestOutputHelper output)
{
    private const string TooMuch = "too many steps";

    private enum Verdict
    {
        Same,
        DoesNotCompile,
        NotCompared,
    }

    [Fact]
    [Trait("Soak", "rego")]
    public void Generated_policies_have_the_meaning_that_the_slow_evaluator_gives_them()
    {
        var counts = new Dictionary<Verdict, int>();
        var rounds = Soak.Rounds(1_500, 300_000);
        var random = (ulong)RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"the second half begins with seed {random}");
        for (var i = 0; i < rounds; i++)
        {
            var seed = i < rounds / 2 ? (ulong)i : random + (ulong)i;
            var policy = new PolicyGenerator(seed).Generate();
            var options = new Comparison(IsStrict: seed % 3 == 0, IsTraced: seed % 5 == 0);
            foreach (var query in options.Compile(policy) is null ? [] : policy.Queries)
            {
                var verdict = options.Compare(policy, query, out var difference);
                counts[verdict] = counts.GetValueOrDefault(verdict) + 1;
                if (difference is null)
                    continue;
                var small = Shrinker.Shrink(policy, one => options.Differs(one, query));
                options.Compare(small, query, out difference);
                Assert.Fail($"seed {seed}, {options}: {query}: {difference}\n{Show(small)}");
            }
        }

        output.WriteLine(string.Join(", ", counts));
        Assert.True(counts.GetValueOrDefault(Verdict.Same) > rounds);
    }

    private static string Show(GeneratedPolicy policy) =>
        $"{string.Join('\n', policy.Modules)}\ndata: {policy.Data}\ninput: {policy.Input}";

    private sealed record Comparison(bool IsStrict, bool IsTraced)
    {
        public CompiledPolicy? Compile(GeneratedPolicy policy)
        {
            try
            {
                var compiler = new PolicyCompiler(PolicyOptions.Default with { IsTraced = IsTraced });
                foreach (var (i, module) in policy.Modules.Index())
                {
                    compiler.Add($"{i}.rego", module);
                }

                return compiler.Compile();
            }
            catch (RegoError)
            {
                return null;
            }
        }

        public bool Differs(GeneratedPolicy policy, string query)
        {
            Compare(policy, query, out var difference);
            return difference is not null;
        }

        public Verdict Compare(GeneratedPolicy policy, string query, out string? difference)
        {
            difference = null;
            if (Compile(policy) is not { } compiled)
                return Verdict.DoesNotCompile;
            var expected = Reference(policy, query, out var possible);
            var (input, data) = (RegoValue.ParseJson(policy.Input), (RegoObject)RegoValue.ParseJson(policy.Data));
            string came;
            try
            {
                var run = new QueryInput { Input = input, Data = data, IsStrict = IsStrict };
                came = compiled.PrepareValue(query).Run(run)?.ToString() ?? "undefined";
            }
            catch (RegoError error)
            {
                came = $"!{error.Code}";
            }

            // An error may lie in what need not be looked at, as once the only value of a rule is known; and `with` may
            // name what only its own expression binds, which the compiler lets pass.
            var isOther = expected[0] == '!' && came != expected;
            if (isOther || expected is "unsafe" or $"!{TooMuch}" || possible.Contains(came))
                return Verdict.NotCompared;
            if (came != expected)
                difference = $"wanted {expected}, came {came}";
            return Verdict.Same;
        }

        private string Reference(GeneratedPolicy policy, string query, out HashSet<string> possibleErrors)
        {
            var modules = policy.Modules
                .Select(text => ModuleParser.Parse(new SourceText("", text), RegoVersion.V1)).ToList();
            var documents = new ReferenceDocuments(modules, 100_000, IsStrict);
            possibleErrors = documents.Terms.PossibleErrors;
            try
            {
                var world = new World(RegoValue.ParseJson(policy.Input), RegoValue.ParseJson(policy.Data));
                var value = query.Split('.')[1..].Aggregate((At: Array.Empty<string>(), Value: (RegoValue?)world.Data),
                    (from, word) => ([.. from.At, word], ReferenceValues.Get(from.Value, RegoString.Of(word))));
                return documents.Whole(value.At, value.Value, world)?.ToString() ?? "undefined";
            }
            catch (ReferenceError error)
            {
                return $"!{error.Code}";
            }
            catch (NotYet)
            {
                return "unsafe";
            }
        }
    }
}
