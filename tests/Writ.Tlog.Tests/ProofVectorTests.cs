using System.Text.Json;

namespace Writ.Tlog.Tests;

/// <summary>The cases of transparency-dev/merkle: which proofs hold, and which do not.</summary>
public sealed class ProofVectorTests
{
    private const string Folder = "merkle/transparency-dev-merkle/testdata";

    [Fact]
    public void Inclusion_proofs_hold_or_do_not()
    {
        var seen = ForEach("inclusion", test =>
            TryRead(test, "leafHash", out var leaf) && TryRead(test, "root", out var root)
            && TryPath(test, out var path)
            && InclusionProof.Verify(leaf, Number(test, "leafIdx"), Number(test, "treeSize"), path, root));
        Assert.True(seen is 0 or >= 98, $"{seen} cases");
    }

    [Fact]
    public void Consistency_proofs_hold_or_do_not()
    {
        var seen = ForEach("consistency", test =>
            TryPath(test, out var path) && Root(test, "root1") is var one && Root(test, "root2") is var two
            && ConsistencyProof.Verify(Number(test, "size1"), Number(test, "size2"), path, one, two));
        Assert.True(seen is 0 or >= 98, $"{seen} cases");
    }

    private static int ForEach(string kind, Func<JsonElement, bool> holds)
    {
        if (!Vectors.TryFind($"{Folder}/{kind}", out var folder)) return 0;
        var files = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories);
        foreach (var file in files)
        {
            var test = JsonElement.Parse(File.ReadAllBytes(file));
            var isWrong = test.TryGetProperty("wantErr", out var wrong) && wrong.GetBoolean();
            Assert.True(holds(test) == !isWrong, file);
        }
        return files.Length;
    }

    private static long Number(JsonElement test, string name) =>
        test.GetProperty(name).TryGetInt64(out var number) ? number : -1;

    private static bool TryRead(JsonElement test, string name, out TreeHash hash) =>
        TreeHash.TryParse(test.GetProperty(name).GetString(), out hash);

    /// <summary>Some cases have a few words where nobody looks at the root: they stand for a hash.</summary>
    private static TreeHash Root(JsonElement test, string name) =>
        TryRead(test, name, out var root) ? root : TreeHash.OfLeaf(test.GetProperty(name).GetBytesFromBase64());

    private static bool TryPath(JsonElement test, out TreeHash[] path)
    {
        path = [];
        if (test.GetProperty("proof") is not { ValueKind: JsonValueKind.Array } list) return true;
        path = new TreeHash[list.GetArrayLength()];
        for (var i = 0; i < path.Length; i++)
            if (!TreeHash.TryParse(list[i].GetString(), out path[i])) return false;
        return true;
    }
}
