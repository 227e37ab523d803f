using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>What is named a secret, a hash, a password or a MAC is compared by FixedTimeEquals only.</summary>
internal sealed partial class SecretComparisons : ILaw
{
    private static readonly string[] Comparing = ["Equals", "SequenceEqual"];

    public IEnumerable<Breach> Check(SourceTree tree) => tree.Product.SelectMany(file =>
        CheckOperators(file).Concat(CheckCalls(file)));

    public IEnumerable<SourceTree> Breaking =>
    [
        Body("return clientSecret == given;"),
        Body("return given != row.SecretHash;"),
        Body("return string.Equals(given, secret, StringComparison.Ordinal);"),
        Body("return hash.AsSpan().SequenceEqual(given);"),
        Body("return _passwordHash.Equals(given);"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        Body("return CryptographicOperations.FixedTimeEquals(secret, given);"),
        Body("return secret == null || secret is null || hash.Length == 32;"),
        Body("return hashAlgorithm == given;"),
        Body("return string.Equals(kind, KeyKind.Secret, StringComparison.Ordinal);"),
        Body("return hash.AsSpan().SequenceCompareTo(given) < 0;"),
    ];

    private static IEnumerable<Breach> CheckOperators(SourceFile file) =>
        from comparison in file.Nodes<BinaryExpressionSyntax>()
        where comparison.Kind() is SyntaxKind.EqualsExpression or SyntaxKind.NotEqualsExpression
        where !IsConstant(comparison.Left) && !IsConstant(comparison.Right)
        where IsSecret(comparison.Left) || IsSecret(comparison.Right)
        select Breach.At(file, comparison, "compare secrets by CryptographicOperations.FixedTimeEquals");

    private static IEnumerable<Breach> CheckCalls(SourceFile file) =>
        from call in file.Nodes<InvocationExpressionSyntax>()
        let member = call.Expression as MemberAccessExpressionSyntax
        where member is not null && Comparing.Contains(member.Name.Identifier.Text, StringComparer.Ordinal)
        where IsSecret(member.Expression) || call.ArgumentList.Arguments.Any(argument => IsSecret(argument.Expression))
        select Breach.At(file, call, "compare secrets by CryptographicOperations.FixedTimeEquals");

    /// <summary>By the last name: <c>row.SecretHash</c>, <c>hash.AsSpan()</c>, <c>secrets[0]</c>.</summary>
    private static bool IsSecret(ExpressionSyntax expression) => expression switch
    {
        IdentifierNameSyntax name => Secret().IsMatch(name.Identifier.Text),
        MemberAccessExpressionSyntax { Name.Identifier.Text: "Span" or "Value" } view => IsSecret(view.Expression),
        MemberAccessExpressionSyntax member when IsKind(member.Expression) => false,
        MemberAccessExpressionSyntax member => Secret().IsMatch(member.Name.Identifier.Text),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax call } =>
            call.Name.Identifier.Text is "AsSpan" && IsSecret(call.Expression),
        ElementAccessExpressionSyntax element => IsSecret(element.Expression),
        PostfixUnaryExpressionSyntax { Operand: var operand } => IsSecret(operand),
        ParenthesizedExpressionSyntax { Expression: var inner } => IsSecret(inner),
        _ => false,
    };

    /// <summary>The name of a kind of thing, not the thing: <c>KeyKind.Secret</c>.</summary>
    private static bool IsKind(ExpressionSyntax type) => type.ToString().EndsWith("Kind", StringComparison.Ordinal);

    private static bool IsConstant(ExpressionSyntax expression) =>
        expression is LiteralExpressionSyntax or DefaultExpressionSyntax;

    private static SourceTree Body(string statement) =>
        SourceTree.Planted("src/A.cs", $"class A {{ bool B() {{ {statement} }} }}");

    [GeneratedRegex("(?i:secret|hash|password|hmac)(?:es|s)?$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();
}
