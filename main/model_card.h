// What the router must know of a model, read from its file.
#ifndef BATON_MAIN_MODEL_CARD_H_
#define BATON_MAIN_MODEL_CARD_H_

#include <string>

#include "absl/status/statusor.h"
#include "baton/worker/v1/worker.pb.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"

namespace baton {

// `name`: what clients call it; empty: the file's general.name, else the file's own name without
// its ending.
absl::StatusOr<worker::v1::ModelCard> MakeModelCard(const GgufFile& file, const ModelConfig& config,
                                                    const std::string& name);

}  // namespace baton

#endif  // BATON_MAIN_MODEL_CARD_H_
