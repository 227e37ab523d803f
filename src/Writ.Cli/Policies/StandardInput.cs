using System.Text;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies;

/// <summary>What is piped in, up to the size of the largest file.</summary>
internal static class StandardInput
{
    public static MemoryStream Read(Call call) => new(Encoding.UTF8.GetBytes(ReadText(call)));

    public static string ReadText(Call call)
    {
        var text = new StringBuilder();
        var piece = new char[64 << 10];
        while (call.Outside.In.ReadBlock(piece, 0, piece.Length) is > 0 and var read)
        {
            if (text.Append(piece, 0, read).Length > LoadLimits.Default.FileBytes)
                throw new UnableException($"Standard input has more than {LoadLimits.Default.FileBytes} characters.");
        }

        return text.ToString();
    }
}
