using System.Runtime.InteropServices;

namespace Writ.Rego.Values.Json;

/// <summary>
/// The document in which a reader's text lies, and where; no document when what is read is to stand alone.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DocumentPart(byte[]? Document, int Start);
