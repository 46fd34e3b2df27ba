# Sourced by the scripts: where the dependencies that bootstrap builds and fetches lie.
chat_cache=${XDG_CACHE_HOME:-$HOME/.cache}/chat
chat_deps=$chat_cache/deps
chat_models=${CHAT_MODELS:-$chat_cache/models}
chat_ct2_prefix=$chat_deps/ctranslate2-4.8-dnnl2-omp-static-2
chat_silero=$chat_deps/silero-vad-6.2.3/silero_vad_16k_op15.onnx
chat_silero_sha256=7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49
chat_schemathesis=$chat_deps/schemathesis-4.32.5
chat_node_dir=$chat_deps/node-22.20.0
if [ -x "$chat_node_dir/bin/node" ]; then export PATH=$chat_node_dir/bin:$PATH; fi
