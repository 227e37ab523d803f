using Writ.Rego.Values;

namespace Writ.Rego.Tests;

/// <summary>A policy in one line of a test.</summary>
internal static class Policy
{
    /// <summary>The value of <c>data.test.p</c> as a term's text; null when undefined.</summary>
    public static string? Evaluate(string body, string? input = null, string query = "x := data.test.p") =>
        Query($"package test\n{body}", query, input) is [var one, ..] ? one[RegoString.Of("x")].ToString() : null;

    public static IReadOnlyList<RegoObject> Query(string module, string query, string? input = null) =>
        new PolicyCompiler().Add("test.rego", module).Compile().Prepare(query)
            .Run(new QueryInput { Input = input is null ? null : RegoValue.ParseJson(input) });

    /// <summary>The first diagnostic of a module that must not compile or evaluate.</summary>
    public static RegoDiagnostic Error(string body, string? input = null) =>
        Assert.Throws<RegoError>(() => Evaluate(body, input)).Diagnostics[0];
}
