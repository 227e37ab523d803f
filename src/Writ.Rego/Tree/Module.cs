using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>One parsed file.</summary>
internal sealed record Module(
    SourceText Source, string[] Package, Span PackageSpan, Import[] Imports, Rule[] Rules, Comment[] Comments,
    RegoVersion Version);
