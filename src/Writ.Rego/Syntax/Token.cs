using System.Runtime.InteropServices;

namespace Writ.Rego.Syntax;

/// <summary>A word, a literal or a sign.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Its first character's offset.</param>
/// <param name="End">The offset after its last character.</param>
/// <param name="IsAfterLine">Whether a line ended between the token before and this one.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Token(TokenKind Kind, int Start, int End, bool IsAfterLine);
